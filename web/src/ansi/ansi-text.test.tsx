import { render } from "@testing-library/react";
import { expect, test } from "vitest";

import { AnsiText } from "./ansi-text";

test("what a diff would mark is marked in a terminal's output too", () => {
  expect(render(<AnsiText text={"if (\u202eadmin) ⚠️\n\u001b[31mred\u3164\u001b[0m"} />).container.textContent).toBe("if (⟨U+202E⟩admin) ⚠️\nred⟨U+3164⟩");
});
