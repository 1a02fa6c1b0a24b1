// Made by make bundles.
function s(t,o={},...r){let i=["svg","g","path","line","circle","rect","text","image","title"].includes(t)?document.createElementNS("http://www.w3.org/2000/svg",t):document.createElement(t);for(let[n,e]of Object.entries(o))typeof e=="function"?i.addEventListener(n.slice(2),e):e!=null&&e!==!1&&i.setAttribute(n,e===!0?"":`${e}`);return i.append(...r.filter(n=>n!=null)),i}var f=`.drawn { color: var(--st-text-color); max-width: 640px; overflow-x: auto; }
.drawn svg { display: block; }
.drawn:has(.fills) { max-width: none; overflow: hidden; }
.drawn svg.fills { width: 100%; height: clamp(140px, 20vh, 220px); }
.drawn svg[width="640"] { min-width: 440px; }
`;var a=new WeakMap;function g({parentElement:t,data:o}){if(!a.has(t)){let c=s("div",{class:"drawn"});t.append(s("div",{},s("style",{},f),c)),a.set(t,{box:c,svg:""})}let r=a.get(t);return r.svg!==o&&(r.box.innerHTML=r.svg=o),()=>{r.box.parentElement.remove(),a.delete(t)}}export{g as default};
