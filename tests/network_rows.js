// For the tests, in Node and in browsers: what a packed network makes of every row of `values`, one after the other.
export async function networkRows(Network, bytes, values, options) {
  const network = await Network.load(bytes, options);
  const size = network.given.length;
  const found = [];
  for (let start = 0; start < values.length; start += size) found.push(...network.run(values.subarray(start, start + size)));
  return { rung: network.rung, input: network.input, output: network.output, found: Float32Array.from(found) };
}
