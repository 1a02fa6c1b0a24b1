// Runs the page's own network.js and decoder.js in Node, for the tests:
//   node network_driver.mjs rows FOLDER SCRIPT [js]   every NAME.bin of the folder on the rows of NAME.in, into NAME.out,
//                                                     by the network.js at SCRIPT
//   node network_driver.mjs try FILE CODE             what some code returns that has the network's `bytes`
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { Decoder } from "../ui/components/shared/decoder.js";
import * as ours from "../ui/components/shared/network.js";
import { networkRows } from "./network_rows.js";

const [task, place, what, rung] = process.argv.slice(2);
const bytesOf = (path) => new Uint8Array(readFileSync(path));

if (task === "rows") {
  const { Network } = await import(pathToFileURL(what).href);
  const told = {};
  for (const file of readdirSync(place).filter((name) => name.endsWith(".bin"))) {
    const stem = join(place, file.slice(0, -4));
    const rows = new Float32Array(bytesOf(`${stem}.in`).buffer);
    const { found, ...rest } = await networkRows(Network, bytesOf(`${stem}.bin`), rows, { wasm: rung !== "js" });
    writeFileSync(`${stem}.out`, found);
    told[file.slice(0, -4)] = rest;
  }
  console.log(JSON.stringify(told));
} else {
  const code = new Function("Network", "Decoder", "bytes", `return (async () => { ${what} })();`);
  console.log(JSON.stringify(await code(ours.Network, Decoder, bytesOf(place))));
}
