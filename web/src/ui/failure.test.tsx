import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";

import { errorOf } from "../api/error";
import { Failure } from "./failure";

afterEach(cleanup);

test.each(["not_found", "dialect_off"])("what the server does not offer (%s) is not asked for again", (code) => {
  render(<Failure error={errorOf(404, { error: { code, message: "m" } })} onRetry={() => undefined} />);
  expect(screen.getByText(/does not offer that/)).toBeDefined();
  expect(screen.queryByRole("button")).toBeNull();
});

test("an agent that is gone is no missing part", () => {
  render(<Failure error={errorOf(404, { code: "agent_not_found", detail: "No such agent" })} onRetry={() => undefined} />);
  expect(screen.getByText("No such agent")).toBeDefined();
  expect(screen.getByRole("button", { name: "Try again" })).toBeDefined();
});
