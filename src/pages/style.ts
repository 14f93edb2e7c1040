/** The one style sheet of all pages: small, light and dark, desktop and phone. Contrast is 4.5 : 1 or better in both schemes. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#f5f6f8;--card:#fff;--ink:#1a1f27;--soft:#545d6b;--line:#d5dae1;--link:#0b5cad;
--good:#17663a;--good-bg:#e4f4ea;--busy:#0b5394;--busy-bg:#e3effb;--warn:#7a4b00;--warn-bg:#fdf1d8;--bad:#a3161f;--bad-bg:#fde8e8;
--c1:#1f7a46;--c2:#1767b0;--c3:#8a5a00;--c4:#c0222c;--c5:#98a1ae}
@media (prefers-color-scheme:dark){:root{--bg:#12151a;--card:#1b2027;--ink:#e8ebf0;--soft:#a8b1bf;--line:#363e4a;--link:#7db8f5;
--good:#7fdba3;--good-bg:#15301f;--busy:#8cc4ff;--busy-bg:#152a40;--warn:#f5c86b;--warn-bg:#35290f;--bad:#ff9b9b;--bad-bg:#3d1719;
--c1:#4fb97c;--c2:#5aa5ea;--c3:#d79f3a;--c4:#f0616a;--c5:#76808e}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
header,main,footer{max-width:70rem;margin:0 auto;padding:0 1rem}
header{display:flex;flex-wrap:wrap;gap:.25rem 1rem;align-items:baseline;padding-top:1rem}
header p{margin:0;color:var(--soft)}
h1{font-size:1.15rem;margin:0}h2{font-size:1.1rem;margin:0 0 .6rem}h3{font-size:1rem;margin:1rem 0 .3rem}
a{color:var(--link)}a:focus-visible,button:focus-visible,input:focus-visible,summary:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.5rem}
.card,.verdict{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:1rem 1.1rem;margin:1rem 0}
.verdict{border-width:2px;border-left-width:.6rem}.verdict h2{font-size:1.4rem;line-height:1.25;margin:.1rem 0 .4rem}
.verdict .word{font-weight:700;text-transform:uppercase;letter-spacing:.04em;font-size:.85rem;margin:0}
.good{border-color:var(--good);background:var(--good-bg)}.good .word{color:var(--good)}
.busy{border-color:var(--busy);background:var(--busy-bg)}.busy .word{color:var(--busy)}
.warn{border-color:var(--warn);background:var(--warn-bg)}.warn .word{color:var(--warn)}
.bad{border-color:var(--bad);background:var(--bad-bg)}.bad .word{color:var(--bad)}
.verdict p{margin:.3rem 0}.verdict ol{margin:.3rem 0;padding-left:1.4rem}.verdict li{margin:.35rem 0}
code{font:.875em ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;background:color-mix(in srgb,var(--ink) 9%,transparent);padding:.1em .35em;border-radius:.25em}
.soft{color:var(--soft)}.whole{white-space:nowrap}.num{text-align:right;font-variant-numeric:tabular-nums}.fail{color:var(--bad);font-weight:600}
progress{width:100%;height:1.1rem;accent-color:var(--c2)}
dl.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr));gap:.7rem 1.2rem;margin:0}
dl.facts dt{color:var(--soft);font-size:.875rem}dl.facts dd{margin:0;font-weight:600}dl.facts dd small{font-weight:400}
table{border-collapse:collapse;width:100%;font-size:.94rem}caption{text-align:left;color:var(--soft);padding-bottom:.3rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .7rem .4rem 0;border-top:1px solid var(--line)}
thead th{border-top:0;overflow-wrap:normal;color:var(--soft);font-weight:600;font-size:.875rem}.num,th.num{text-align:right;padding-right:1rem}th small,dd small{font-weight:400}summary{cursor:pointer;padding:.3rem 0}
svg{display:block;width:100%;height:auto;max-height:10rem}.legend{display:flex;flex-wrap:wrap;gap:.2rem 1rem;list-style:none;padding:0;margin:.3rem 0 1rem;font-size:.875rem}
.legend svg{display:inline-block;width:.8em;height:.8em;margin-right:.35em}
.f1{fill:var(--c1)}.f2{fill:var(--c2)}.f3{fill:var(--c3)}.f4{fill:var(--c4)}.f5{fill:var(--c5)}.axis{stroke:var(--line)}
form{display:flex;flex-wrap:wrap;gap:.5rem;align-items:end}label{flex:1 1 16rem}label span{display:block;font-size:.875rem;color:var(--soft)}
input,button{font:inherit;padding:.45rem .6rem;border-radius:.4rem;border:1px solid var(--soft);background:var(--bg);color:var(--ink)}
input{width:100%}button{background:var(--link);border-color:var(--link);color:var(--card);font-weight:600;cursor:pointer}
footer{color:var(--soft);font-size:.875rem;padding-bottom:2rem}ul.plain{padding-left:1.2rem;margin:.3rem 0}.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@media (max-width:40rem){.cards thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.cards tr,.cards td,.cards th{display:block;border:0;padding:.1rem 0}.cards tr{border-top:1px solid var(--line);padding:.6rem 0}
.cards td[data-label]::before{content:attr(data-label) ": ";color:var(--soft);font-weight:400}.cards .num{text-align:left}.cards td.num{display:inline-block;margin-right:.9rem}
.verdict h2{font-size:1.2rem}}
@media (min-width:40.01rem){.cards tbody th{min-width:16rem}}
`.trim();
