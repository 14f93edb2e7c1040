/**
 * Refreshes the parts of a page that are marked `data-live`, in place: focus, open details and what somebody types stay. The words
 * for screen readers (`data-say`) are put into a region that outlives the refresh, so that only a change is spoken.
 */
export const REFRESH_SCRIPT = `
(() => {
  const root = document.documentElement;
  const controls = (part) => [...part.querySelectorAll('a,summary,button')];
  const put = (part, next) => {
    const focused = controls(part).indexOf(document.activeElement);
    const open = [...part.querySelectorAll('details')].map((one) => one.open);
    part.replaceChildren(...next.childNodes);
    part.querySelectorAll('details').forEach((one, index) => { one.open = open[index] || one.open; });
    if (focused >= 0) controls(part)[focused]?.focus();
  };
  const update = async () => {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' }, cache: 'no-store' });
    if (!answer.ok) throw new Error('refused');
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    for (const part of document.querySelectorAll('[data-live]')) {
      const next = fresh.getElementById(part.id);
      if (next && next.innerHTML !== part.innerHTML) put(part, next);
    }
    document.title = fresh.title;
    root.dataset.refresh = fresh.documentElement.dataset.refresh || '15';
    const say = document.getElementById('say');
    const words = document.querySelector('[data-say]')?.dataset.say || '';
    if (say && say.textContent !== words) say.textContent = words;
  };
  const stale = (is) => { const note = document.getElementById('stale'); if (note) note.hidden = !is; };
  const wait = () => setTimeout(async () => {
    if (!document.hidden) await update().then(() => stale(false), () => stale(true));
    wait();
  }, Number(root.dataset.refresh) * 1000);
  wait();
})();
`.trim();
