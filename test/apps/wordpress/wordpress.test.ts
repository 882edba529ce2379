import { testApp } from "../table.js";
import { WORDPRESS } from "./app.js";

testApp(WORDPRESS);
