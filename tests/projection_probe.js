// In place of ui/components/projection/open.js: the same maps, which a test can look into.

window.maps = [];

export default opener(class extends Projection {
  constructor(root) {
    super(root);
    window.maps.push(this);
  }
});
