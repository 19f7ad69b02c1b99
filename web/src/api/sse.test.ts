import { describe, expect, it } from "vitest";

import { SseParser } from "./sse";

const stream = ": hello\n\nid: 1\nevent: text\ndata: {\"a\":\ndata: 1}\n\nid: 2\r\ndata:x\r\n\r\n";
const messages = [
  { id: "1", type: "text", data: '{"a":\n1}' },
  { id: "2", type: "message", data: "x" },
];

describe("SseParser", () => {
  it("reads whole messages and drops comments", () => {
    expect(new SseParser().feed(stream)).toEqual(messages);
  });

  it("does not care where chunks end", () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      const parser = new SseParser();
      const found = [...parser.feed(stream.slice(0, cut)), ...parser.feed(stream.slice(cut))];
      expect(found, `cut at ${cut}`).toEqual(messages);
    }
  });
});
