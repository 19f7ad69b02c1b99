// Reads a stream of server-sent events (WHATWG HTML, "Server-sent events") from text chunks.

export interface Message {
  id: string;
  type: string;
  data: string;
}

/** Takes chunks as they come and gives out whole messages; comments and empty messages are dropped. */
export class SseParser {
  private rest = "";
  private id = "";
  private type = "";
  private data: string[] = [];

  feed(chunk: string): Message[] {
    const messages: Message[] = [];
    const text = this.rest + chunk;
    // A carriage return at the very end may be the first half of a line's end.
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    for (const line of lines) {
      const message = this.line(line);
      if (message !== undefined) messages.push(message);
    }
    return messages;
  }

  private line(line: string): Message | undefined {
    if (line === "") return this.flush();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "id") this.id = value;
    if (field === "event") this.type = value;
    if (field === "data") this.data.push(value);
    return undefined;
  }

  private flush(): Message | undefined {
    const { id, type, data } = this;
    this.type = "";
    this.data = [];
    return data.length === 0 ? undefined : { id, type: type || "message", data: data.join("\n") };
  }
}
