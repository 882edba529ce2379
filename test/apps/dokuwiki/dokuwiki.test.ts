import { testApp } from "../table.js";
import { DOKUWIKI } from "./app.js";

testApp(DOKUWIKI);
