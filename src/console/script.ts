/**
 * The one script of the console, which no page needs. It fetches anew what is marked `data-live`, in place: focus, open details and what
 * somebody types stay, and a part in which somebody writes is left alone. Words for screen readers (`data-say`) go into a region that
 * outlives the refresh, so that only a change is spoken. It also keeps a form from being sent twice, ticks all boxes of a list, tries what is
 * typed into a form with `data-try` while it is typed, and follows a search that has found nothing so far (`data-continue`).
 */
export const SCRIPT = `
(() => {
  const root = document.documentElement;
  const controls = (part) => [...part.querySelectorAll('a,summary,button')];
  const plain = (part) => part.innerHTML.replace(/name="token" value="[^"]*"/g, '');
  const busy = (part) => part.contains(document.activeElement) && /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)
    || [...part.querySelectorAll('input,textarea')].some((one) => one.type !== 'hidden' && one.value !== one.defaultValue);
  const put = (part, next) => {
    const focused = controls(part).indexOf(document.activeElement);
    const open = [...part.querySelectorAll('details')].map((one) => one.open);
    part.replaceChildren(...next.childNodes);
    part.querySelectorAll('details').forEach((one, index) => { one.open = open[index] || one.open; });
    if (focused >= 0) controls(part)[focused]?.focus();
  };
  const update = async () => {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' }, cache: 'no-store', redirect: 'error' });
    if (!answer.ok) throw new Error('refused');
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    for (const part of document.querySelectorAll('[data-live]')) {
      const next = fresh.getElementById(part.id);
      if (next && plain(next) !== plain(part) && !busy(part)) put(part, next);
    }
    document.title = fresh.title;
    root.dataset.refresh = fresh.documentElement.dataset.refresh || '30';
    const say = document.getElementById('say');
    const words = document.querySelector('[data-say]')?.dataset.say || '';
    if (say && say.textContent !== words) say.textContent = words;
  };
  const stale = (is) => { const note = document.getElementById('stale'); if (note) note.hidden = !is; };
  const wait = () => setTimeout(async () => {
    if (!document.hidden) await update().then(() => stale(false), () => stale(true));
    wait();
  }, Number(root.dataset.refresh) * 1000);
  if (root.dataset.refresh) wait();
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form.method !== 'post') return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = 'yes';
    for (const button of form.querySelectorAll('button')) button.setAttribute('aria-disabled', 'true');
  });
  addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
  for (const form of document.querySelectorAll('form[data-try]')) {
    let timer;
    let latest = 0;
    const named = (part) => [...part.querySelectorAll('input[id],textarea[id]')];
    const put = (part, next) => {
      const kept = new Map(named(part).map((one) => [one.id, one.value]));
      part.replaceChildren(...next.childNodes);
      for (const one of named(part)) one.value = kept.get(one.id) ?? one.value;
    };
    const tried = async () => {
      const turn = ++latest;
      const answer = await fetch(form.action + '?' + new URLSearchParams(new FormData(form)), { cache: 'no-store', redirect: 'error' });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('tried');
      // An older answer may come after a newer one.
      if (fresh && turn === latest) put(document.getElementById('tried'), fresh);
    };
    form.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(tried, 400); });
  }
  const goOn = async () => {
    for (let link; (link = document.querySelector('[data-continue]'));) {
      const answer = await fetch(link.href, { cache: 'no-store', redirect: 'error' });
      const fresh = answer.ok && new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById(link.dataset.continue);
      if (!fresh) return;
      document.getElementById(link.dataset.continue).replaceWith(fresh);
    }
  };
  goOn();
  for (const all of document.querySelectorAll('[data-tick-all]')) {
    all.hidden = false;
    all.addEventListener('click', () => {
      const boxes = [...document.querySelectorAll('input[name="' + all.dataset.tickAll + '"]')];
      const on = boxes.some((one) => !one.checked);
      for (const one of boxes) one.checked = on;
    });
  }
})();
`.trim();
