/** Header lines as diagnosers read them. */
export { first, valuesOf, without } from "../lines.js";
