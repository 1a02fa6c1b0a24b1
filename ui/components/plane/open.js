export default opener(Plane);
