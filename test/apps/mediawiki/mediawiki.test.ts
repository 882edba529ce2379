import { testApp } from "../table.js";
import { MEDIAWIKI } from "./app.js";

testApp(MEDIAWIKI);
