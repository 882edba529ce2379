import { testApp } from "../table.js";
import { NODE_RED } from "./app.js";

testApp(NODE_RED);
