import { expect, test } from "vitest";

import { routeOf } from "./router";

const page = (address: string) => routeOf(new URL(address, "http://x"));

test("addresses lead to pages", () => {
  expect(page("/agents?q=x")).toMatchObject({ page: "agents" });
  expect(page("/agents?id=bc-1&tab=diff")).toMatchObject({ page: "agent", id: "bc-1" });
  expect(page("/launch")).toMatchObject({ page: "launch" });
  expect(page("/settings")).toMatchObject({ page: "settings", section: "keys" });
  expect(page("/settings/webhooks")).toMatchObject({ page: "settings", section: "webhooks" });
});

test("other addresses are unknown", () => {
  for (const address of ["/", "/agents/x/y", "/launch/x", "/settings/a/b"]) expect(page(address).page).toBe("unknown");
});
