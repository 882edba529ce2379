/** The edges that can be simulated, in the order in which they are listed. */
import type { EdgeProfile } from "../profile.js";
import { awsAlb, awsApiGateway, awsCloudfront, awsElasticBeanstalk } from "./aws.js";
import {
  azureAppGateway,
  azureAppService,
  azureFrontDoor,
  googleCloudRun,
  googleLb,
} from "./clouds.js";
import { devtls, none } from "./own.js";
import * as platforms from "./platforms.js";
import * as servers from "./servers.js";

export const PROFILES: readonly EdgeProfile[] = [
  devtls,
  none,
  platforms.heroku,
  platforms.pythonanywhere,
  servers.nginx,
  servers.nginx130,
  servers.nginxProxyParams,
  servers.apache,
  servers.haproxy,
  servers.traefik,
  servers.caddy,
  servers.envoy,
  awsAlb,
  awsCloudfront,
  awsApiGateway,
  awsElasticBeanstalk,
  googleLb,
  googleCloudRun,
  azureAppService,
  azureAppGateway,
  azureFrontDoor,
  platforms.cloudflare,
  platforms.cloudflareFlexible,
  platforms.fly,
  platforms.render,
  platforms.railway,
  platforms.vercel,
  platforms.netlify,
  platforms.digitalocean,
  servers.ingressNginx,
  servers.iisArr,
  servers.httpProxy,
  servers.dokku,
  platforms.codespaces,
  platforms.ngrok,
];

export const DEFAULT_PROFILE: EdgeProfile = devtls;

export function findProfile(name: string): EdgeProfile | undefined {
  return PROFILES.find((profile) => profile.name === name);
}
