/**
 * The one style sheet of the console: design tokens first, light and dark, then the few components that pages are made of. Contrast is
 * 4.5 : 1 or better in both schemes; tables become lists on a phone.
 */
export const STYLE = `
:root{color-scheme:light dark;--bg:#f5f6f8;--card:#fff;--ink:#1a1f27;--soft:#545d6b;--line:#d5dae1;--link:#0b5cad;--on-link:#fff;
--good:#17663a;--good-bg:#e4f4ea;--busy:#0b5394;--busy-bg:#e3effb;--warn:#7a4b00;--warn-bg:#fdf1d8;--bad:#a3161f;--bad-bg:#fde8e8;
--c1:#1f7a46;--c2:#1767b0;--c3:#8a5a00;--c4:#c0222c;--c5:#98a1ae;--r:.6rem;--gap:1rem}
@media (prefers-color-scheme:dark){:root{--bg:#12151a;--card:#1b2027;--ink:#e8ebf0;--soft:#a8b1bf;--line:#363e4a;--link:#7db8f5;--on-link:#0d1117;
--good:#7fdba3;--good-bg:#15301f;--busy:#8cc4ff;--busy-bg:#152a40;--warn:#f5c86b;--warn-bg:#35290f;--bad:#ff9b9b;--bad-bg:#3d1719;
--c1:#4fb97c;--c2:#5aa5ea;--c3:#d79f3a;--c4:#f0616a;--c5:#76808e}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
.bar,nav.main ul,main,footer{max-width:74rem;margin:0 auto;padding:0 var(--gap)}
.top{background:var(--card);border-bottom:1px solid var(--line)}
.bar{display:flex;flex-wrap:wrap;gap:.1rem 1rem;align-items:baseline;padding-top:.7rem}
.bar p{margin:0;color:var(--soft);font-size:.9rem}.bar .who{margin-left:auto}
.brand{font-weight:700;margin:0;color:var(--ink)!important;font-size:1rem!important}
nav.main ul{display:flex;flex-wrap:wrap;gap:0 .2rem;list-style:none;padding-top:.3rem}
nav.main a{display:block;padding:.45rem .7rem;color:var(--ink);text-decoration:none;border-bottom:3px solid transparent}
nav.main a:hover{background:var(--bg)}nav.main a[aria-current]{border-color:var(--link);font-weight:600;color:var(--link)}
h1{font-size:1.45rem;line-height:1.25;margin:1.1rem 0 .6rem}h2{font-size:1.1rem;margin:0 0 .6rem}h3{font-size:1rem;margin:1.1rem 0 .3rem}
a{color:var(--link)}a:focus-visible,button:focus-visible,input:focus-visible,select:focus-visible,textarea:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.5rem;z-index:1}
.card,.verdict,.notice{background:var(--card);border:1px solid var(--line);border-radius:var(--r);padding:1rem 1.1rem;margin:var(--gap) 0}
.verdict,.notice{border-width:2px;border-left-width:.6rem}.verdict h2{font-size:1.35rem;line-height:1.25;margin:.1rem 0 .4rem}
.verdict .word{font-weight:700;text-transform:uppercase;letter-spacing:.04em;font-size:.85rem;margin:0}
.verdict p,.notice p{margin:.3rem 0}.verdict ol{margin:.3rem 0;padding-left:1.4rem}.verdict li{margin:.35rem 0}
.good{border-color:var(--good);background:var(--good-bg)}.good .word{color:var(--good)}
.busy{border-color:var(--busy);background:var(--busy-bg)}.busy .word{color:var(--busy)}
.warn{border-color:var(--warn);background:var(--warn-bg)}.warn .word{color:var(--warn)}
.bad{border-color:var(--bad);background:var(--bad-bg)}.bad .word{color:var(--bad)}
.tag{display:inline-block;border:1px solid currentColor;border-radius:1rem;padding:0 .55rem;font-size:.8125rem;font-weight:600;white-space:nowrap;background:none;color:var(--soft)}
.tag.good{color:var(--good)}.tag.busy{color:var(--busy)}.tag.warn{color:var(--warn)}.tag.bad{color:var(--bad)}
code{font:.875em ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;background:color-mix(in srgb,var(--ink) 9%,transparent);padding:.1em .35em;border-radius:.25em}
pre{overflow:auto;margin:.3rem 0;padding:.6rem;border:1px solid var(--line);border-radius:.4rem;background:var(--bg)}pre code{background:none;padding:0}
.soft{color:var(--soft)}.whole{white-space:nowrap}.num{text-align:right;font-variant-numeric:tabular-nums}.fail{color:var(--bad);font-weight:600}
del{color:var(--bad);text-decoration-thickness:1px}ins{color:var(--good);text-decoration:none;font-weight:600}
progress{width:100%;height:1.1rem;accent-color:var(--c2)}
dl.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(11.5rem,1fr));gap:.7rem 1.2rem;margin:0}
dl.facts dt{color:var(--soft);font-size:.875rem}dl.facts dd{margin:0;font-weight:600}dl.facts dd small{font-weight:400}
table{border-collapse:collapse;width:100%;font-size:.94rem}caption{text-align:left;color:var(--soft);padding-bottom:.3rem}
th,td{text-align:left;vertical-align:top;padding:.4rem .7rem .4rem 0;border-top:1px solid var(--line)}
thead th{border-top:0;overflow-wrap:normal;color:var(--soft);font-weight:600;font-size:.875rem}.num,th.num{text-align:right;padding-right:1rem}
th small,dd small{font-weight:400}tbody th{font-weight:600}summary{cursor:pointer;padding:.3rem 0}
svg{display:block;width:100%;height:auto;max-height:10rem}.legend{display:flex;flex-wrap:wrap;gap:.2rem 1rem;list-style:none;padding:0;margin:.3rem 0 1rem;font-size:.875rem}
.legend svg{display:inline-block;width:.8em;height:.8em;margin-right:.35em}
.f1{fill:var(--c1)}.f2{fill:var(--c2)}.f3{fill:var(--c3)}.f4{fill:var(--c4)}.f5{fill:var(--c5)}.axis{stroke:var(--line)}svg text{fill:var(--soft);font-size:11px}
ol.steps{display:grid;grid-template-columns:repeat(auto-fit,minmax(12rem,1fr));gap:.7rem;list-style:none;padding:0;margin:.3rem 0;counter-reset:s}
ol.steps li{border:1px solid var(--line);border-top:.3rem solid var(--c5);border-radius:.4rem;padding:.5rem .7rem}
ol.steps li.good{border-top-color:var(--good);background:none}ol.steps li.warn{border-top-color:var(--warn);background:none}ol.steps li.bad{border-top-color:var(--bad);background:none}ol.steps li.busy{border-top-color:var(--busy);background:none}
ol.steps b{display:block}ol.steps .tag{margin-bottom:.2rem}
form.row{display:flex;flex-wrap:wrap;gap:.6rem;align-items:end}form.row .field{flex:1 1 12rem}
.field{margin:.5rem 0}form.row .field{margin:0}.field label,.field .label,legend{display:block;font-size:.875rem;color:var(--soft)}fieldset{border:1px solid var(--line);border-radius:.4rem;margin:.6rem 0;padding:.4rem .8rem}
.clause{display:flex;flex-wrap:wrap;gap:.6rem;align-items:end;margin:.6rem 0}.clause .field{flex:1 1 12rem;margin:0}.clause textarea{display:block}
.fields{display:grid;grid-template-columns:repeat(auto-fit,minmax(16rem,1fr));gap:0 1rem}form.acts{align-items:end}form.acts .field{margin:0}
.choice{display:flex;gap:.5rem;align-items:baseline;margin:.35rem 0}.choice label{color:var(--ink);font-size:1rem}
input,button,select,textarea{font:inherit;padding:.45rem .6rem;border-radius:.4rem;border:1px solid var(--soft);background:var(--bg);color:var(--ink)}
select,input:not([type=checkbox]):not([type=radio]){min-height:2.5rem}input:not([type=checkbox]):not([type=radio]),select,textarea{width:100%}input.short{width:9rem!important}
button,a.button{display:inline-block;background:var(--link);border:1px solid var(--link);color:var(--on-link);font:inherit;font-weight:600;padding:.45rem .8rem;border-radius:.4rem;cursor:pointer;text-decoration:none}
button.second,a.button.second{background:transparent;color:var(--link)}button.danger{background:var(--bad);border-color:var(--bad);color:var(--card)}
button[aria-disabled]{opacity:.6;cursor:default}
.card>:first-child{margin-top:0}.card>:last-child{margin-bottom:0}code.id{white-space:nowrap}form.row+form.row,search+form.row{margin-top:.7rem}
.acts>form{flex:1 1 100%}.acts>form p{margin:.2rem 0}.acts{display:flex;flex-wrap:wrap;gap:.6rem;align-items:start}.acts details{border:1px solid var(--line);border-radius:.4rem;padding:.15rem .8rem;background:var(--card)}
.acts details[open]{flex:1 1 100%}.acts summary{font-weight:600;color:var(--link)}
.pages{display:flex;gap:1rem;margin:.6rem 0}
footer{color:var(--soft);font-size:.875rem;padding-bottom:2rem}ul.plain{padding-left:1.2rem;margin:.3rem 0}.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
form>table+button,form>table+p,.card>table+form{margin-top:.8rem}svg.short{display:none}
@media (max-width:44rem){svg.long{display:none}svg.short{display:block}svg.short text{font-size:15px}dl.facts{grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr))}
.cards thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.cards tr,.cards td,.cards th{display:block;border:0;padding:.1rem 0}.cards tr{border-top:1px solid var(--line);padding:.6rem 0}
.cards td[data-label]::before{content:attr(data-label) ": ";color:var(--soft);font-weight:400}.cards .num{text-align:left}.cards td.num{display:inline-block;margin-right:.9rem}
.cards td:empty{display:none}.verdict h2{font-size:1.2rem}.bar .who{margin-left:0}nav.main a{padding:.35rem .55rem}}
@media (min-width:44.01rem){.cards tbody th{min-width:11rem}.cards .wide{width:26%}.cards .tight{white-space:nowrap;width:1%;min-width:0}}
`.trim();
