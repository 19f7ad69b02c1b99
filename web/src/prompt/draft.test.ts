import { beforeEach, expect, test, vi } from "vitest";

import { DraftStore } from "./draft";
import { takesImages } from "./takes-images";

const picture = (name: string) => new File([name], name, { type: "image/png" });
const names = (store: DraftStore) => store.get().images.map((image) => image.name);

beforeEach(() => sessionStorage.clear());

test("two quick pastes are judged together, and nothing is dropped without a word", async () => {
  const store = new DraftStore("d");
  store.add(["1", "2", "3"].map(picture));
  store.add(["4", "5", "6"].map(picture));
  expect(store.get().refusal).toContain("5 images");
  await vi.waitFor(() => expect(names(store)).toEqual(["1", "2", "3"]));
  store.add(["4", "5"].map(picture));
  await vi.waitFor(() => expect(names(store)).toEqual(["1", "2", "3", "4", "5"]));
  expect(store.get()).toMatchObject({ refusal: undefined, reading: 0 });
});

test("only what was sent goes", async () => {
  const store = new DraftStore("d");
  store.change({ text: "a" });
  store.add([picture("old")]);
  await vi.waitFor(() => expect(names(store)).toEqual(["old"]));
  const said = store.get();
  store.add([picture("new")]);
  await vi.waitFor(() => expect(names(store)).toEqual(["old", "new"]));
  store.sent(said);
  expect(names(store)).toEqual(["new"]);
  expect(store.get().text).toBe("");
  expect(sessionStorage.length).toBe(0);
});

type Paste = Parameters<ReturnType<typeof takesImages>["onPaste"]>[0];

/** Pastes a picture of that name and what comes beside it. */
const pasterOf = (store: DraftStore, name: string) => (types: string[], text = "") => {
  const preventDefault = vi.fn();
  takesImages(store).onPaste({ preventDefault, clipboardData: { types, files: [picture(name)], getData: () => text } } as unknown as Paste);
  return preventDefault;
};

test.each(["a dot.png", "/home/me/a dot.png", "file:///home/me/a%20dot.png\r\n", ""])("a copied file is an image, though its name comes as text: %j", async (text) => {
  const store = new DraftStore("d");
  expect(pasterOf(store, "a dot.png")(["text/plain", "Files"], text)).toHaveBeenCalled();
  await vi.waitFor(() => expect(names(store)).toEqual(["a dot.png"]));
});

test.each([
  ["what is more than its name", ["text/plain", "Files"], "a dot.png is broken"],
  ["what has a form", ["text/plain", "text/rtf", "Files"], "a dot.png"],
])("text beside a picture is meant: %s", (_, types, text) => {
  const store = new DraftStore("d");
  expect(pasterOf(store, "a dot.png")(types, text)).not.toHaveBeenCalled();
  expect(store.get().reading).toBe(0);
});

test("a table that is pasted is text, though it comes with its picture", async () => {
  const store = new DraftStore("d");
  const paste = pasterOf(store, "p");
  expect(paste(["text/plain", "text/html", "Files"])).not.toHaveBeenCalled();
  expect(store.get().reading).toBe(0);
  expect(paste(["text/html", "Files"])).toHaveBeenCalled();
  await vi.waitFor(() => expect(names(store)).toEqual(["p"]));
});
