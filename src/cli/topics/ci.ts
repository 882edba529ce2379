/** Runtimes, containers and CI. */
export const CI = `Runtimes, containers, CI

Not every program looks at the system's store. devtls env prints the variables that make Node,
Python, Java, curl, git, Deno and AWS clients trust the authority. What a variable names already is
kept: it then names a bundle of that and the authority.

  eval "$(devtls env)"                            in this shell
  docker run $(devtls env --docker) IMAGE         in a container
  devtls env --compose > compose.override.yaml    with docker compose
  devtls ca export --dockerfile                   two lines for an image

In CI there is no terminal and nobody to ask:

  devtls trust --yes --store nss,system

Browsers and curl then need no exception for certificates. A dev server that is started beside the
tests is waited for: requests wait until the command listens, and devtls until its port is open.

  npx devtls serve --quiet -- npm run dev &
  curl --retry 60 --retry-delay 1 --retry-connrefused --silent --output /dev/null https://localhost:8443
  npx playwright test

Playwright does both by itself (webServer), and Vitest with a global set-up: see the README.`;
