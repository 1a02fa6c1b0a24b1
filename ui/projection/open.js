export default opener(Projection);
