// What axe-core finds serious on a page: colours that are too alike, controls without a name, wrong roles.

// eslint-disable-next-line no-unused-vars -- the test that takes this in calls it
async function kept_out() {
  const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
  return violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).flatMap(({ help, nodes }) =>
    nodes.map(({ html, any, all, none }) => `${help}: ${html.slice(0, 120)} ${[...any, ...all, ...none][0]?.message ?? ""}`));
}
