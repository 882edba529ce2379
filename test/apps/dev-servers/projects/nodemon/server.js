const { createServer } = require("node:http");

const PAGE = "<!doctype html><title>nodemon</title><h1>first</h1>";

createServer((_request, response) => {
  response.setHeader("Content-Type", "text/html").end(PAGE);
}).listen(Number(process.argv[2]), () => console.log("listening"));
