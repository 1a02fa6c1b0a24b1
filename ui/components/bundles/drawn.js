// Made by make bundles.
function d({make:e,update:i=()=>{},end:f,stays:p=()=>!0}){let t=new WeakMap;function a(o){let{parentElement:r,data:l}=o;t.has(r)&&!p(t.get(r).part,l)&&n(r);let s=t.get(r)?.part??e(r,l);t.set(r,{part:s,shown:o}),i(s,o)}function n(o){let{part:r}=t.get(o);t.delete(o),f(r)}return o=>{let r=o.parentElement,l=t.get(r)?.shown,s=!0;return setTimeout(()=>{s=!1}),a(o),()=>{!t.has(r)||s&&t.get(r).shown!==o||(s&&l?a(l):n(r))}}}function c(e,i={},...f){let t=["svg","g","path","line","circle","rect","text","image","title"].includes(e)?document.createElementNS("http://www.w3.org/2000/svg",e):document.createElement(e);for(let[a,n]of Object.entries(i))typeof n=="function"?t.addEventListener(a.slice(2),n):n!=null&&n!==!1&&t.setAttribute(a,n===!0?"":`${n}`);return t.append(...f.filter(a=>a!=null)),t}var m=`.drawn { color: var(--st-text-color); font-family: var(--st-font); max-width: 640px; overflow-x: auto; }
.drawn .small text { display: none; }
.drawn svg { display: block; }
.drawn:has(.fills) { max-width: none; overflow: hidden; }
.drawn .fills { width: 100%; height: clamp(220px, 100vh - 227px - var(--bar, 3.75rem), 760px); }
.drawn .fills text { font-size: 11px; fill: currentcolor; text-anchor: middle; }
@media (max-width: 800px) { .drawn .fills text { display: none; } }
.drawn .fills image { image-rendering: pixelated; }
.drawn .frame { fill: currentcolor; fill-opacity: 0.05; stroke: currentcolor; stroke-opacity: 0.25; stroke-dasharray: 4 4; rx: 4px; }
.drawn .faint { opacity: 0.3; }
@media (max-width: 640px) { .drawn .fills { height: clamp(220px, 100vh - 382px, 760px); } }
.drawn .small .fills { height: 180px; }
.drawn svg[width="640"] { min-width: 440px; }
`;var v=d({make:e=>{let i=c("div",{class:"drawn"});return e.append(c("div",{},c("style",{},m),i)),{box:i,svg:""}},update:(e,{data:i})=>{e.svg!==i&&(e.box.innerHTML=e.svg=i)},end:({box:e})=>e.parentElement.remove()});export{v as default};
