// Made by make bundles.
function a(t,o={},...r){let i=["svg","g","path","line","circle","rect","text","image","title"].includes(t)?document.createElementNS("http://www.w3.org/2000/svg",t):document.createElement(t);for(let[n,e]of Object.entries(o))typeof e=="function"?i.addEventListener(n.slice(2),e):e!=null&&e!==!1&&i.setAttribute(n,e===!0?"":`${e}`);return i.append(...r.filter(n=>n!=null)),i}var f=`.drawn { color: var(--st-text-color); font-family: var(--st-font); max-width: 640px; overflow-x: auto; }
.drawn svg { display: block; }
.drawn:has(.fills) { max-width: none; overflow: hidden; }
.drawn .fills { width: 100%; height: clamp(220px, 100vh - 287px, 760px); }
.drawn .fills image { image-rendering: pixelated; }
.drawn .frame { fill: currentcolor; fill-opacity: 0.05; stroke: currentcolor; stroke-opacity: 0.25; stroke-dasharray: 4 4; rx: 4px; }
.drawn .faint { opacity: 0.3; }
@media (max-width: 640px) { .drawn .fills { height: clamp(220px, 100vh - 382px, 760px); } }
.drawn .small .fills { height: 180px; }
.drawn svg[width="640"] { min-width: 440px; }
`;var s=new WeakMap;function x({parentElement:t,data:o}){if(!s.has(t)){let c=a("div",{class:"drawn"});t.append(a("div",{},a("style",{},f),c)),s.set(t,{box:c,svg:""})}let r=s.get(t);return r.svg!==o&&(r.box.innerHTML=r.svg=o),()=>{r.box.parentElement.remove(),s.delete(t)}}export{x as default};
