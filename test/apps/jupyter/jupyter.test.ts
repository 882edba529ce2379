import { testApp } from "../table.js";
import { JUPYTER } from "./app.js";

testApp(JUPYTER);
