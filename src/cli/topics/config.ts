/** What a project always wants. */
export const CONFIG = `Configuration

devtls.config.json, or the devtls key of package.json. Keys are the long options of devtls serve;
flags beat the file. Comments and trailing commas are welcome. devtls config shows what is in force
and where each value comes from; devtls init proposes a file or a script.

  {
    "$schema": "./node_modules/devtls/dist/config.schema.json",
    "simulate": "heroku",
    "services": {
      "web": { "command": ["npm", "run", "dev"], "host": "app.localhost" },
      "api": { "target": 3001, "port": 8444, "route": { "/files": 3002 } }
    }
  }

Several apps are services, each with its own port: devtls serve starts all of them, devtls serve web
one. A command gets PORT (also in place of {port}), DEVTLS_URL, HTTPS=on with --https-env, the
variables of devtls env, and the project's node_modules/.bin on its PATH. When it listens elsewhere,
devtls finds the port. Requests wait until it listens; it ends with devtls, whatever ends first.`;
