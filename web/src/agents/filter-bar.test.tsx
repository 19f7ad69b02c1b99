import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";

import { readFilter } from "./filter";
import { FilterBar } from "./filter-bar";

afterEach(cleanup);

test("Escape empties the search, and leads from an empty one to the list, as Arrow Down does", () => {
  const left = vi.fn();
  const queries = new QueryClient({ defaultOptions: { queries: { enabled: false } } });
  render(
    <QueryClientProvider client={queries}>
      <FilterBar filter={readFilter(new URLSearchParams("q=word"))} found={[]} onChange={() => undefined} searchRef={{ current: null }} onLeave={left} />
    </QueryClientProvider>,
  );
  const search = screen.getByRole<HTMLInputElement>("searchbox");
  fireEvent.keyDown(search, { key: "Escape" });
  expect([search.value, left.mock.calls.length]).toEqual(["", 0]);
  fireEvent.keyDown(search, { key: "Escape" });
  expect(left).toHaveBeenCalledTimes(1);
  fireEvent.keyDown(search, { key: "ArrowDown" });
  expect(left).toHaveBeenCalledTimes(2);
});
