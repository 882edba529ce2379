import { text } from "./text.js";

const show = (shown) => {
  document.querySelector("h1").textContent = shown;
};
show(text);
import.meta.hot?.accept("./text.js", (module) => show(module.text));
