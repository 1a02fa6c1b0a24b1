// Runs the page's own network.js and decoder.js in Node, for the tests:
//   node network_driver.mjs rows FOLDER KERNEL [js]   every NAME.bin of the folder on the rows of NAME.in, into NAME.out
//   node network_driver.mjs try FILE KERNEL SCRIPT    a script that has the network's `bytes`; prints what it returns
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const [task, place, kernel, more] = process.argv.slice(2);
const files = ["../ui/components/plane/network.js", "../ui/components/plane/decoder.js", "network_rows.js"].map((name) => readFileSync(join(here, name), "utf8"));
const give = "return { Network, Decoder, Plain, networkRows };";
const page = new Function("KERNEL", [...files, give].join("\n"))(readFileSync(kernel).toString("base64"));
const bytesOf = (path) => new Uint8Array(readFileSync(path));

if (task === "rows") {
  const told = {};
  for (const file of readdirSync(place).filter((name) => name.endsWith(".bin"))) {
    const stem = join(place, file.slice(0, -4));
    const rows = new Float32Array(bytesOf(`${stem}.in`).buffer);
    const { found, ...rest } = await page.networkRows(bytesOf(`${stem}.bin`), rows, { wasm: more !== "js" });
    writeFileSync(`${stem}.out`, found);
    told[file.slice(0, -4)] = rest;
  }
  console.log(JSON.stringify(told));
} else {
  const script = new Function("page", "bytes", `return (async () => { const { Network, Decoder } = page; ${more} })();`);
  console.log(JSON.stringify(await script(page, bytesOf(place))));
}
