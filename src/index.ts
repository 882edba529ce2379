export { DevtlsError } from "./errors.js";
