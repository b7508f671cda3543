// The hosted page in a browser that runs its script: the plain form, and the widget that takes its place.

/** Opens the page of a session by its link. */
export async function openPage(stage, session, context) {
  const page = await stage.page(context);
  await page.goto(`${stage.server.origin}/c#${session}`);
  await page.waitForURL(/\/c\/[\w-]{22}$/);
  return page;
}

/** Waits until the widget has taken over. */
export const takenOver = (page) => page.locator("main > section").waitFor();

/** Whether the form of the page is the server's own. */
export const isPlain = (page) => page.locator("main > form.step").isVisible();

/**
 * Holds the engine back until what is given is called. A page that is not to be taken over yet needs that, since otherwise it
 * may have been, before a test looks.
 */
export async function holdEngine(page) {
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await page.route(ENGINE, async (route) => {
    await released;
    await route.continue().catch(() => {}); // the page may be gone
  });
  return release;
}

/** Where the server has the engine. */
export const ENGINE = /\/js\/[0-9a-f]{16}\/engine\.js$/;
