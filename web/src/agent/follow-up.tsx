// The next prompt to the agent. While it works the prompt waits its turn.

import { useMutation } from "@tanstack/react-query";
import { useRef, useState, type FormEvent, type KeyboardEvent, type ReactNode } from "react";

import { api, newWish, take } from "../api/client";
import { ApiError, wordsOf } from "../api/error";
import type { Agent } from "../api/types";
import { useShortcuts } from "../app/shortcuts";
import { ImagePicker } from "../launch/image-picker";
import { useImages, type PromptImage } from "../launch/images";
import { isFinal } from "../text/states";
import { useDraft } from "./draft";
import { useReread } from "./use-agent";

type Mode = "agent" | "plan";

/** A plan that waits for approval gets it without a prompt. */
type Asked = "approval" | { text: string; mode: Mode };

/** What the agent is told if somebody says no more than that. */
const CARRY_OUT = "Carry out the plan.";

export function FollowUp({ agent }: { agent: Agent }): ReactNode {
  const [text, setText] = useDraft(`outwork.draft.${agent.id}`);
  const images = useImages();
  const lastMode = agent.runs.at(-1)?.mode === "plan" ? "plan" : "agent";
  const [mode, setMode] = useState<Mode>();
  const field = useRef<HTMLTextAreaElement>(null);
  useShortcuts({ f: () => field.current?.focus() });
  const wish = useRef(newWish());
  const reread = useReread(agent.id);
  const busy = agent.runs.some((run) => !isFinal(run.state));
  const send = useMutation({
    mutationFn: (asked: Asked) => (asked === "approval" ? approvePlan(agent.id, wish.current) : sendPrompt(agent.id, { ...asked, images: images.list, busy, wish: wish.current })),
    onSuccess: () => {
      wish.current = newWish();
      setText("");
      setMode(undefined);
      images.clear();
      reread();
    },
  });

  if (agent.archivedAt !== undefined) return <p className="follow-up faint">The agent is archived. Unarchive it to send it another prompt.</p>;
  const ready = text.trim() !== "" && !send.isPending;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready) send.mutate({ text: text.trim(), mode: mode ?? lastMode });
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
  };
  const planned = lastMode === "plan" && !busy && agent.state === "succeeded" && agent.awaiting !== "input";
  const carryOut = () => {
    const words = text.trim();
    if (words === "" && images.list.length === 0 && agent.awaiting === "approval") send.mutate("approval");
    else send.mutate({ text: words === "" ? CARRY_OUT : words, mode: "agent" });
  };
  return (
    <form className="follow-up" onSubmit={submit} onPaste={images.onPaste} onDrop={images.onDrop} onDragOver={images.onDragOver}>
      <textarea
        ref={field}
        aria-keyshortcuts="f"
        aria-label="Follow-up"
        rows={2}
        placeholder={busy ? "Next prompt: it waits until the agent is done with this one" : planned ? "Say what to change in the plan, or add something and carry it out" : "Follow up: ask, correct, go on"}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={keys}
      />
      {send.isError && (
        <p role="alert" className="bad">
          {wordsOf(send.error)}
        </p>
      )}
      <div className="actions">
        <ImagePicker images={images} />
        <label className="check">
          <input type="checkbox" checked={(mode ?? lastMode) === "plan"} disabled={busy} onChange={(event) => setMode(event.target.checked ? "plan" : "agent")} /> Only plan
        </label>
        <span className="spacer" />
        <span className="faint hint-keys">Ctrl Enter</span>
        <button type="submit" className={planned ? "" : "primary"} disabled={!ready}>
          {busy ? "Queue" : "Send"}
        </button>
        {planned && (
          <button type="button" className="primary" disabled={send.isPending} onClick={carryOut}>
            Carry out the plan
          </button>
        )}
      </div>
    </form>
  );
}

interface Wish {
  text: string;
  images: readonly PromptImage[];
  mode: Mode;
  busy: boolean;
  /** The same for each try of one prompt, so that it is given once. */
  wish: string;
}

/** `wish` is the same for each try, so that a plan is approved once. */
async function approvePlan(id: string, wish: string): Promise<void> {
  await take(api.POST("/api/v1/agents/{id}/approve-plan", { params: { path: { id }, header: { "Idempotency-Key": wish } } }));
}

/** One API lets a prompt wait, the other lets it choose its mode. */
async function sendPrompt(id: string, { text, images, mode, busy, wish }: Wish): Promise<void> {
  const params = { path: { id }, header: { "Idempotency-Key": wish } };
  if (!busy) {
    try {
      const pictures = images.length === 0 ? {} : { images: images.map(({ data, mimeType }) => ({ data, mimeType })) };
      await take(api.POST("/v1/agents/{id}/runs", { params, body: { prompt: { text, ...pictures }, mode } }));
      return;
    } catch (error) {
      // Somebody else was faster: then it waits behind him.
      if (!(error instanceof ApiError && error.code === "agent_busy")) throw error;
    }
  }
  const pictures = images.length === 0 ? {} : { images: images.map(({ data }) => ({ data })) };
  await take(api.POST("/v0/agents/{id}/followup", { params, body: { prompt: { text, ...pictures } } }));
}
