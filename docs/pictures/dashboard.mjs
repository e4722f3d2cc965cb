// Takes the picture of the dashboard: a stream at version 2, with the change that the event made.

import { withBrowser } from "../../tests/serve/dashboard/browser.mjs";

const server = process.env.ESCTL_URL;

await withBrowser(async (browser) => {
  const page = await browser.page({ width: 1180, height: 640 });
  await page.open(`${server}/#/streams/resource-gold/2`);
  await page.sees("Live", "#connection");
  await page.until(() => document.querySelector('[data-version="2"]')?.innerText.includes("amount: 800"), "version 2");
  await page.picture("dashboard");
});
