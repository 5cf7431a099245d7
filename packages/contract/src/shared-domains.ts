/**
 * @file Domains below which strangers get names of their own: `https://*.co.uk` would let in everybody who buys one. The
 * whole list (publicsuffix.org) has 10 000 entries and changes weekly; this is the part of it that people might type.
 */

/** Second labels that registries of countries sell names below: `co.uk`, `com.au`, `gov.br`. */
const soldBelowCountries = new Set(
  `ac co com edu gen go gob gouv gov gv id idv in ind info ltd me mil ne net nhs nom or org plc police sch
  web`.split(/\s+/),
);

/** Services that give a name directly below their domain to everybody who signs up. */
const services = new Set(
  `appspot.com awsapprunner.com azure-api.net azurefd.net bitbucket.io cloudfront.net cloudfunctions.net
  cloudwaysapps.com codeberg.page ddns.net deno.dev deno.net duckdns.org dyndns.org eu.org firebaseapp.com fly.dev ghe.com
  github.dev github.io githubusercontent.com gitlab.io gitpod.io glitch.me herokuapp.com hopto.org koyeb.app lhr.life
  localhost.run loca.lt lovable.app myshopify.com netlify.app ngrok-free.app ngrok-free.dev ngrok.app ngrok.dev ngrok.io
  nip.io no-ip.org now.sh on.aws ondigitalocean.app onrender.com pages.dev pythonanywhere.com r2.dev railway.app repl.co
  replit.app replit.dev serveo.net sslip.io supabase.co surge.sh trycloudflare.com uk.com us.com vercel.app web.app
  webhook.site wordpress.com workers.dev xip.io`.split(/\s+/),
);

/** Services that do so at several depths, such as `*.s3.eu-central-1.amazonaws.com`. */
const deepServices =
  `amazonaws.com amazonaws.com.cn azurecontainerapps.io azurestaticapps.net azurewebsites.net
  cloudapp.azure.com cloudapp.net digitaloceanspaces.com elasticbeanstalk.com oraclecloud.com run.app trafficmanager.net
  windows.net`.split(/\s+/);

/** True when `domain` (canonical, at least two labels) is known to have hosts of strangers directly below it. */
export function isSharedByStrangers(domain: string): boolean {
  if (services.has(domain)) return true;
  if (deepServices.some((service) => `.${domain}`.endsWith(`.${service}`))) return true;
  const [second = '', top = '', ...more] = domain.split('.');
  return more.length === 0 && top.length === 2 && soldBelowCountries.has(second);
}
