// Made by make bundles.
function c(a,s={},...e){let i=["svg","g","path","line","circle","rect","text","image","title"].includes(a)?document.createElementNS("http://www.w3.org/2000/svg",a):document.createElement(a);for(let[r,o]of Object.entries(s))typeof o=="function"?i.addEventListener(r.slice(2),o):o!=null&&o!==!1&&i.setAttribute(r,o===!0?"":`${o}`);return i.append(...e.filter(r=>r!=null)),i}function m(a){return a==null||!Number.isFinite(a)?"\u2013":a!==0&&Math.abs(a)<1e-4?a.toExponential(1):Number(a.toPrecision(4)).toLocaleString("en",{maximumSignificantDigits:4})}function x(a){let s=getComputedStyle(a),e=(t,i)=>s.getPropertyValue(t).trim()||i;return{text:e("--st-text-color","#31333f"),background:e("--st-background-color","#ffffff"),border:e("--st-border-color","#d0d0d8"),primary:e("--st-primary-color","#4e79a7"),font:e("--st-font","sans-serif")}}function f(a,s,e){let t=(s-a)/Math.max(e,1);if(!(t>0&&t<1/0))return[];let i=10**Math.floor(Math.log10(t)),r=[1,2,5,10].map(n=>n*i).find(n=>n>=t*.999),[o,h]=[Math.ceil(a/r),Math.floor(s/r+1e-6)];return Array.from({length:Math.max(0,h-o+1)},(n,l)=>Number(((o+l)*r).toPrecision(12)))}function v(a,s){let e=a.cloneNode(!0);for(let o of e.querySelectorAll("[data-screen]"))o.remove();let t=a.viewBox.baseVal;e.setAttribute("xmlns","http://www.w3.org/2000/svg"),e.setAttribute("width",`${t.width}`),e.setAttribute("height",`${t.height}`),e.prepend(c("rect",{x:0,y:0,width:t.width,height:t.height,fill:"var(--st-background-color)"}));let i=getComputedStyle(s);return new XMLSerializer().serializeToString(e).replace(/var\((--[a-z-]+)\)/g,(o,h)=>i.getPropertyValue(h).trim().replaceAll('"',"'"))}function w(a,s){let e=URL.createObjectURL(a);c("a",{href:e,download:s}).click(),setTimeout(()=>URL.revokeObjectURL(e),1e4)}function N(a,s){w(new Blob([a],{type:"image/svg+xml"}),`${s}.svg`)}async function S(a,s){let e=new Image;e.src=`data:image/svg+xml;charset=utf-8,${encodeURIComponent(a)}`,await e.decode();let t=c("canvas",{width:2*e.width,height:2*e.height}),i=t.getContext("2d");i.imageSmoothingEnabled=!1,i.drawImage(e,0,0,t.width,t.height),t.toBlob(r=>w(r,`${s}.png`),"image/png")}function y(a,s,e,t){let i=(r,o)=>c("button",{class:"quiet",title:`Save this figure as ${r}`,onclick:async()=>o(await t(),e())},r);return c("figcaption",{},c("span",{class:"title",title:s},a),c("span",{class:"saves"},i("PNG",S),i("SVG",N)))}var k=42,g=class{constructor(s,e){this.spec=null,this.hidden=new Set,this.x=null,this.y=null,this.hover=null,this.cursor=void 0,this.measure=null,this.pick=e,this.figure=c("figure",{class:"chart"}),this.stage=c("div",{class:"stage"}),this.tip=c("div",{class:"tip",hidden:!0}),this.tall=void 0,this.brief=!1,s.append(this.figure),this.stage.addEventListener("pointermove",t=>this.onMove(t)),this.stage.addEventListener("pointerleave",()=>this.leave()),this.stage.addEventListener("click",t=>this.onClick(t))}show(s,e){if(s.name!==this.spec?.name||s.title!==this.spec?.title){let t=()=>`${this.spec.run}-${this.spec.name}`,i=y(s.title,s.help,t,()=>v(this.svg,this.figure));this.figure.replaceChildren(i,this.stage)}this.spec=s,this.draw(e)}draw(s=this.cursor){this.cursor=s;let e=Math.max(this.stage.clientWidth,240);this.place(e);let t=c("svg",{viewBox:`0 0 ${e} ${this.height}`,width:e,height:this.height,role:"group"});t.style.fontFamily="var(--st-font)",t.append(c("title",{},`${this.spec.title}, in ${this.spec.unit}`)),this.drawAxes(t),this.drawLevels(t);for(let i of this.shown())this.drawLine(t,i);this.drawBatches(t),this.drawMarks(t),this.drawCursor(t),this.empty&&t.append(this.text((this.left+this.right)/2,(this.top+this.bottom)/2,this.spec.empty,{"text-anchor":"middle"})),this.legend(t),this.svg=t,this.stage.replaceChildren(t,this.tip),this.showTip()}shown(){return this.spec.lines.filter(s=>!this.hidden.has(s.name))}place(s){let{spec:e}=this,t=s>=520&&e.levels.length>0;this.legendRows=this.layLegend(s),this.left=58,this.right=s-(t?156:14),this.roomy=t,this.top=12+22*this.legendRows,this.bottom=this.tall?Math.max(this.tall-k,this.top+60):this.top+e.height,this.height=this.bottom+k;let[i,r]=e.span;this.x=p=>this.left+(p-i)/(r-i)*(this.right-this.left);let o=this.shown().flatMap(p=>p.values).concat(e.batches.map(p=>p[1])),h=e.marks.filter(p=>p.epoch<=r).map(p=>p.value),n=o.concat(h).filter(p=>Number.isFinite(p)&&(!e.log||p>0));this.empty=!n.length;let[l,d]=this.range(n);this.low=l,this.high=d;let u=e.log?Math.log:p=>p;this.y=p=>this.bottom-(u(p)-u(l))/(u(d)-u(l))*(this.bottom-this.top)}range(s){if(!s.length)return this.spec.log?[.1,1]:[0,1];let e=Math.min(...s),t=Math.max(...s),i=t-e<=1e-9*Math.abs(t);if(this.spec.log)return i?[e/2,t*2]:[e/(t/e)**.06,t*(t/e)**.06];let r=(!i&&t-e||Math.abs(t)||1)*.06;return[Math.max(e-r,e>=0?0:-1/0),t+r]}ticks(){if(this.empty)return[];if(!this.spec.log)return f(this.low,this.high,5);let s=[];for(let t=Math.floor(Math.log10(this.low));t<=Math.log10(this.high);t++)for(let i of[1,2,5])s.push(i*10**t);let e=s.filter(t=>t>=this.low&&t<=this.high);return e.length>=4?e:f(this.low,this.high,6).filter(t=>t>0)}text(s,e,t,i={}){return c("text",{x:s,y:e,"font-size":12,fill:"var(--st-text-color)","fill-opacity":.75,...i},t)}rule(s,e,t,i,r={}){return c("line",{x1:s,y1:e,x2:t,y2:i,stroke:"var(--st-text-color)","stroke-opacity":.14,...r})}drawAxes(s){for(let n of this.ticks()){let l=this.y(n);s.append(this.rule(this.left,l,this.right,l),this.text(this.left-8,l+4,m(n),{"text-anchor":"end"}))}let[e,t]=this.spec.span,i=Math.max(2,Math.min(10,Math.floor((this.right-this.left)/60))),r=n=>this.spec.across||Number.isInteger(n);for(let n of f(e,t,i).filter(r))s.append(this.text(this.x(n),this.bottom+18,n.toLocaleString("en"),{"text-anchor":"middle"}));s.append(this.rule(this.left,this.bottom,this.right,this.bottom,{"stroke-opacity":.4})),s.append(this.text((this.left+this.right)/2,this.bottom+36,this.spec.across??"epoch",{"text-anchor":"middle"}));let o=(this.top+this.bottom)/2,h={"text-anchor":"middle",transform:`rotate(-90 13 ${o})`};s.append(this.text(13,o,this.spec.unit,h))}path(s){let e="M";return s.map(([t,i])=>{if(!Number.isFinite(t)||!Number.isFinite(i))return e="M","";let r=`${e}${t.toFixed(1)} ${i.toFixed(1)}`;return e="L",r}).join("")}along(s){return s.at??this.spec.epochs}drawLine(s,e){let t=e.values.map((o,h)=>[this.x(this.along(e)[h]),this.y(o??NaN)]),i={fill:"none",stroke:e.color,"stroke-width":2,"stroke-linejoin":"round"};s.append(c("path",{d:this.path(t),"stroke-dasharray":e.dashed?"6 4":null,...i})),t.length===1&&Number.isFinite(t[0][1])&&s.append(c("circle",{cx:t[0][0],cy:t[0][1],r:3,fill:e.color}));let r=e.ring??(e.best?this.spec.epochs.indexOf(this.spec.best):-1);if(r>=0&&r<t.length&&Number.isFinite(t[r][1])){let o={r:5,fill:"var(--st-background-color)",stroke:e.color,"stroke-width":2};s.append(c("circle",{cx:t[r][0],cy:t[r][1],...o}))}}drawBatches(s){let[e]=this.spec.lines;if(!e)return;let t=this.spec.batches.map(([i,r])=>[this.x(i),this.y(r??NaN)]);t.length&&s.append(c("path",{d:this.path(t),fill:"none",stroke:e.color,"stroke-width":1.5}))}drawMarks(s){for(let e of this.spec.marks.filter(t=>t.epoch<=this.spec.span[1])){let[t,i]=[this.x(e.epoch),this.y(e.value)];if(!Number.isFinite(i))continue;let r=`M${t} ${i-6}L${t+6} ${i}L${t} ${i+6}L${t-6} ${i}Z`,o=e.part==="train"?"var(--st-text-color)":"var(--st-background-color)",h=c("path",{d:r,fill:o,stroke:"var(--st-text-color)","stroke-width":1.5});h.append(c("title",{},`${e.name}: ${m(e.value)}`)),s.append(h)}}drawLevels(s){let e=this.spec.levels.filter(t=>Number.isFinite(t.value)).sort((t,i)=>i.value-t.value);for(let t of e){if(t.outside=t.value>this.high?"\u2191 ":t.value<this.low?"\u2193 ":"",t.y=Math.min(Math.max(this.y(Math.max(t.value,1e-12)),this.top),this.bottom),t.outside)continue;let i={"stroke-opacity":.55,"stroke-dasharray":"1 4","stroke-width":1.5};s.append(this.rule(this.left,t.y,this.right,t.y,i))}this.nameLevels(s,this.roomy?e:e.filter(t=>!t.outside))}nameLevels(s,e){let t=this.roomy?{x:this.right+14,lift:4,anchor:"start"}:{x:this.right-4,lift:-4,anchor:"end"},i=this.bottom+15;for(let r of[...e].reverse()){i=Math.min(r.y,i-15);let o=m(r.value),h=`${r.outside}${r.name}${this.roomy?` ${o}`:""}`,n=this.text(t.x,i+t.lift,h,{"font-size":11,"text-anchor":t.anchor});n.append(c("title",{},`${o}. ${r.help}`)),s.append(n)}}drawCursor(s){if(!this.cursor||this.cursor<this.spec.span[0]||this.cursor>this.spec.span[1])return;let e=this.x(this.cursor);s.append(this.rule(e,this.top,e,this.bottom,{"stroke-opacity":.6,"data-screen":""}))}entries(){let s=this.spec.lines.map(i=>({...i,kind:i.dashed?"dashed":"solid",names:[i.name]})),e=this.brief&&s.length>2?this.families(s):s;return this.spec.marks.some(i=>i.epoch<=this.spec.span[1])?[...e,{name:"the report's printed points",kind:"mark",names:[]}]:e}families(s){let e=o=>o.map(h=>h.name),t=s.filter(o=>o.kind==="dashed"),i=s.filter(o=>o.kind==="solid").map(o=>{let[h]=o.name.split(", ");return{...o,name:h,names:e(s.filter(n=>n.name.startsWith(`${h}, `)))}}),[,r]=t[0].name.split(", ");return[...i,{name:r,kind:"dashed",color:"var(--st-text-color)",names:e(t)}]}layLegend(s){let e=this.measure??=document.createElement("canvas").getContext("2d");e.font=`12px ${x(this.figure).font}`;let t=s<400?4:58,[i,r]=[t,0];return this.places=this.entries().map(o=>{let h=40+e.measureText(o.name).width;i+h>s&&i>t&&([i,r]=[t,r+1]);let n={...o,x:i,row:r};return i+=h+8,n}),r+1}legend(s){for(let e of this.places){let t=14+22*e.row,i=e.names.length>0&&e.names.every(l=>this.hidden.has(l)),r=e.kind==="mark"?null:()=>this.toggle(e.names,!i),o=c("g",{opacity:i?.4:1,class:r?"key":null,tabindex:r?0:null,role:r?"button":null});r&&(o.setAttribute("aria-pressed",`${!i}`),o.addEventListener("click",l=>{l.stopPropagation(),r()}),o.addEventListener("keydown",l=>{l.key==="Enter"&&r()}));let h=e.kind==="dashed"?"6 4":null,n=e.kind==="mark"?c("path",{d:`M${e.x+12} ${t-6}l6 6l-6 6l-6 -6Z`,fill:"var(--st-text-color)"}):c("line",{x1:e.x,y1:t,x2:e.x+24,y2:t,stroke:e.color,"stroke-width":2,"stroke-dasharray":h});o.append(c("rect",{x:e.x-2,y:t-11,width:30,height:22,fill:"transparent"}),n),o.append(this.text(e.x+30,t+4,e.name,{"fill-opacity":.9})),s.append(o)}}toggle(s,e){let t=this.shown().filter(i=>!s.includes(i.name));for(let i of s)e&&t.length?this.hidden.add(i):this.hidden.delete(i);this.draw()}nearest(s){let e=this.stage.getBoundingClientRect(),t=s.clientX-e.left,{epochs:i}=this.spec;return!i.length||t<this.left-12||t>this.right+12?null:$(i.map(this.x),t)}told(s,e){let t=this.along(s),i=s.at?$(t,e):t.indexOf(e),r=s.at&&e>t.at(-1)?null:s.values[i],[o,h]=this.spec.gap??[],n=this.spec.gap&&Number.isFinite(r)?` (${Math.round(100*(o-r)/(o-h))} % of the gap)`:"";return m(r)+n}onMove(s){this.hover=this.nearest(s),this.showTip()}leave(){this.hover=null,this.showTip()}onClick(s){let e=this.nearest(s);e!==null&&this.pick(this.spec.epochs[e])}showTip(){let s=this.hover!==null&&this.hover<this.spec.epochs.length?this.hover:null;if(this.svg.querySelector(".hair")?.remove(),this.tip.hidden=s===null,s===null)return;let e=this.spec.epochs[s],t=this.x(e);this.svg.append(this.rule(t,this.top,t,this.bottom,{class:"hair","stroke-opacity":.5,"data-screen":""}));let i=this.shown().map(n=>c("div",{},c("i",{style:`border-color:${n.color};border-top-style:${n.dashed?"dashed":"solid"}`}),c("span",{},n.name),c("b",{},this.told(n,e)))),r=e===this.spec.best?", the best":"",o=this.spec.across&&this.spec.across!=="epoch"?`${m(e)} ${this.spec.across}`:`Epoch ${e}${r}`;this.tip.replaceChildren(c("strong",{},o),...i);let h=t>this.stage.clientWidth/2;this.tip.style.left=h?"":`${t+12}px`,this.tip.style.right=h?`${this.stage.clientWidth-t+12}px`:"",this.tip.style.top=`${this.top+4}px`}};function $(a,s){return a.reduce((e,t,i)=>Math.abs(t-s)<Math.abs(a[e]-s)?i:e,0)}function M({make:a,update:s=()=>{},end:e,stays:t=()=>!0}){let i=new WeakMap;function r(h){let{parentElement:n,data:l}=h;i.has(n)&&!t(i.get(n).part,l)&&o(n);let d=i.get(n)?.part??a(n,l);i.set(n,{part:d,shown:h}),s(d,h)}function o(h){let{part:n}=i.get(h);i.delete(h),e(n)}return h=>{let n=h.parentElement,l=i.get(n)?.shown,d=!0;return setTimeout(()=>{d=!1}),r(h),()=>{!i.has(n)||d&&i.get(n).shown!==h||(d&&l?r(l):o(n))}}}var L=`.film {
  container-type: inline-size;
  color: var(--st-text-color);
  font: 0.875rem var(--st-font);
}
/* On a phone the pictures come first. Side by side, the curve is as high as the pictures beside it. */
.parts {
  display: grid;
  gap: 0.5rem 1.25rem;
  grid-template: "bar" "map" "pairs" "grid" "charts" "note" / minmax(0, 1fr);
}
.bar { grid-area: bar; }
.map { grid-area: map; }
.grid { grid-area: grid; }
.pairs { grid-area: pairs; }
.charts { grid-area: charts; min-width: 0; }
.parts > .note { grid-area: note; }
[hidden] { display: none !important; }
figure { margin: 0; min-width: 0; }
figcaption { display: flex; justify-content: space-between; align-items: center; height: 1.6rem; margin-bottom: 0.15rem; }
@media (hover: hover) {
  .saves { opacity: 0; }
  figure:hover .saves, figure:focus-within .saves { opacity: 1; }
}
.title { font-weight: 600; }
.stage { position: relative; }
.stage svg { display: block; width: 100%; touch-action: pan-y; }
.key { cursor: pointer; }
canvas { display: block; }
canvas.square { width: 100%; aspect-ratio: 1; border-radius: var(--st-base-radius); }
figure > .stage > canvas.square { background: color-mix(in srgb, var(--st-text-color) 4%, transparent); }
.note { opacity: 0.7; font-size: 0.8rem; }
.note p { margin: 0; }
.note summary { cursor: pointer; }
.waiting {
  grid-area: map;
  align-self: center;
  padding: 0 8%;
  text-align: center;
  font-size: 0.8rem;
  pointer-events: none;
}
.waiting p { opacity: 0.7; }
.waiting svg { display: block; width: 100%; height: 140px; }
button {
  font: inherit;
  color: inherit;
  background: transparent;
  border: 1px solid color-mix(in srgb, var(--st-text-color) 20%, transparent);
  border-radius: var(--st-button-radius, 0.5rem);
  padding: 0.25rem 0.75rem;
  cursor: pointer;
}
button:hover { border-color: var(--st-primary-color); color: var(--st-primary-color); }
button:focus-visible, .key:focus-visible, canvas:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
button.quiet { border-color: transparent; padding: 0.1rem 0.4rem; font-size: 0.8rem; opacity: 0.8; }
button.quiet[aria-pressed="true"] { border-color: var(--st-primary-color); opacity: 1; }
.play { min-width: 4.5rem; }
.bar { display: flex; align-items: center; gap: 0.75rem; }
.bar input { flex: 1 1 8rem; min-width: 6rem; height: 1.5rem; accent-color: var(--st-primary-color); cursor: pointer; }
.bar output { font-variant-numeric: tabular-nums; white-space: nowrap; }
.classes { display: flex; gap: 0.1rem; height: 1.75rem; align-items: center; overflow: auto hidden; scrollbar-width: none; }
.classes button { flex: none; max-width: 14rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.classes i { display: inline-block; width: 0.65rem; height: 0.65rem; border-radius: 50%; margin-right: 0.35rem; }
.tip {
  position: absolute;
  z-index: 1;
  pointer-events: none;
  min-width: 8rem;
  padding: 0.4rem 0.6rem;
  font-size: 0.8rem;
  background: var(--st-background-color);
  border: 1px solid var(--st-border-color);
  border-radius: var(--st-base-radius);
  box-shadow: 0 2px 8px rgb(0 0 0 / 15%);
}
.tip > div { display: flex; align-items: center; gap: 0.4rem; white-space: nowrap; }
.tip i { width: 1rem; border-top: 2px solid; }
.tip b { margin-left: auto; padding-left: 0.75rem; font-variant-numeric: tabular-nums; font-weight: 600; }
button:disabled { opacity: 0.4; pointer-events: none; }
@container (min-width: 620px) {
  .parts { grid-template: "bar bar" "map grid" "pairs pairs" "charts charts" "note note" / repeat(2, minmax(0, 1fr)); }
  .waiting { grid-area: map-start / map-start / grid-end / grid-end; }
}
@container (min-width: 820px) {
  .parts {
    --side: min(36cqi, max(16rem, 100vh - 26.25rem - var(--bar, 3.75rem)));
    grid-template: "bar bar bar" "charts map grid" "pairs pairs pairs" "note note note" / minmax(0, 1fr) var(--side) var(--side);
  }
}
`;var b=class{constructor(s){this.list=c("div"),this.box=c("div",{class:"film"},c("style",{},L),this.list),s.append(this.box),this.charts=[],this.resized=new ResizeObserver(()=>{for(let e of this.charts)e.draw()}),this.resized.observe(this.box)}update({charts:s}){s.length!==this.charts.length&&(this.list.replaceChildren(),this.charts=s.map(()=>new g(this.list,()=>{}))),s.forEach((e,t)=>this.charts[t].show(e))}destroy(){this.resized.disconnect(),this.box.remove()}},U=M({make:a=>new b(a),update:(a,{data:s})=>a.update(s),end:a=>a.destroy()});export{U as default};
