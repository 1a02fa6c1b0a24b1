// Made by make bundles.
function s(t,n={},...r){let i=["svg","g","path","line","circle","rect","text","image","title"].includes(t)?document.createElementNS("http://www.w3.org/2000/svg",t):document.createElement(t);for(let[o,e]of Object.entries(n))typeof e=="function"?i.addEventListener(o.slice(2),e):e!=null&&e!==!1&&i.setAttribute(o,e===!0?"":`${e}`);return i.append(...r.filter(o=>o!=null)),i}var f=`.drawn { color: var(--st-text-color); max-width: 640px; overflow-x: auto; }
.drawn svg { display: block; }
.drawn svg[width="640"] { min-width: 440px; }
`;var c=new WeakMap;function g({parentElement:t,data:n}){if(!c.has(t)){let a=s("div",{class:"drawn"});t.append(s("div",{},s("style",{},f),a)),c.set(t,{box:a,svg:""})}let r=c.get(t);return r.svg!==n&&(r.box.innerHTML=r.svg=n),()=>{r.box.parentElement.remove(),c.delete(t)}}export{g as default};
