// The next prompt to the agent. While it works the prompt waits its turn.

import { useIsMutating, useMutation } from "@tanstack/react-query";
import { useRef, type FormEvent, type KeyboardEvent, type ReactNode } from "react";

import { api, take } from "../api/client";
import { wordsOf } from "../api/error";
import type { Tries } from "../api/tries";
import type { Agent } from "../api/types";
import { useShortcuts } from "../app/shortcuts";
import { useDraft, type Mode, type Said } from "../prompt/draft";
import { ImagePicker } from "../prompt/image-picker";
import { takesImages } from "../prompt/takes-images";
import type { PromptImage } from "../prompt/images";
import { useIsReadOnly, WhyReadOnly } from "../session/read-only";
import { isFinal } from "../text/states";
import { useReread } from "./use-agent";

/** A plan that waits for approval gets it without a prompt. */
interface Approval {
  /** The run whose plan it is: the next plan is approved by another request. */
  approves: string | undefined;
}

interface Prompt {
  text: string;
  images: readonly PromptImage[];
  mode: Mode;
  /** The run whose plan is carried out at a press of the button alone. */
  carriesOut?: string | undefined;
}

type Asked = Approval | Prompt;

/** What the agent is told if somebody says no more than that. */
const CARRY_OUT = "Carry out the plan.";

export function FollowUp({ agent }: { agent: Agent }): ReactNode {
  const [draft, store] = useDraft(agent.id);
  const lastMode = agent.runs.at(-1)?.mode === "plan" ? "plan" : "agent";
  const field = useRef<HTMLTextAreaElement>(null);
  useShortcuts({ f: () => field.current?.focus() });
  const reread = useReread(agent.id);
  const busy = agent.runs.some((run) => !isFinal(run.state));
  const name = ["follow-up", agent.id];
  const send = useMutation({
    mutationKey: name,
    mutationFn: ({ asked }: { asked: Asked; said: Said }) => ("approves" in asked ? approvePlan(agent.id, asked, store.tries) : sendPrompt(agent.id, asked, store.tries)),
    onSuccess: (_, { said }) => {
      store.sent(said);
      reread();
    },
  });
  // Also what was sent before this box came to the page.
  const isSending = useIsMutating({ mutationKey: name }) > 0;

  if (useIsReadOnly()) {
    return (
      <div className="follow-up">
        <WhyReadOnly what="the agent can be given no prompt, nor be stopped or deleted" />
      </div>
    );
  }
  if (agent.archivedAt !== undefined) return <p className="follow-up faint">The agent is archived. Unarchive it to send it another prompt.</p>;
  const { text, images } = draft;
  const mode = draft.mode ?? lastMode;
  const canSend = !isSending && draft.reading === 0;
  const ready = text.trim() !== "" && canSend;
  const ask = (asked: Asked) => send.mutate({ asked, said: draft });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready) ask({ text: text.trim(), images, mode });
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event);
  };
  const planned = lastMode === "plan" && !busy && agent.state === "succeeded" && agent.awaiting !== "input";
  const carryOut = () => {
    const words = text.trim();
    const plan = agent.runs.at(-1)?.id;
    if (words === "" && images.length === 0 && agent.awaiting === "approval") ask({ approves: plan });
    else ask({ text: words === "" ? CARRY_OUT : words, images, mode: "agent", carriesOut: words === "" ? plan : undefined });
  };
  return (
    <form className="follow-up" onSubmit={submit} {...takesImages(store)}>
      <textarea
        ref={field}
        aria-keyshortcuts="f"
        aria-label="Follow-up"
        rows={2}
        placeholder={busy ? "Next prompt: it waits until the agent is done with this one" : planned ? "Say what to change in the plan, or add something and carry it out" : "Follow up: ask, correct, go on"}
        value={text}
        onChange={(event) => store.change({ text: event.target.value })}
        onKeyDown={keys}
      />
      {send.isError && (
        <p role="alert" className="bad">
          {wordsOf(send.error)}
        </p>
      )}
      <div className="actions">
        <ImagePicker draft={draft} store={store} />
        <label className="check">
          <input type="checkbox" checked={mode === "plan"} onChange={(event) => store.change({ mode: event.target.checked ? "plan" : "agent" })} /> Only plan
        </label>
        <span className="spacer" />
        <span className="faint hint-keys">Ctrl Enter</span>
        <button type="submit" className={planned ? "" : "primary"} disabled={!ready}>
          {busy ? "Queue" : "Send"}
        </button>
        {planned && (
          <button type="button" className="primary" disabled={!canSend} onClick={carryOut}>
            Carry out the plan
          </button>
        )}
      </div>
    </form>
  );
}

async function approvePlan(id: string, asked: Approval, tries: Tries): Promise<void> {
  const header = { "Idempotency-Key": tries.keyFor(asked) };
  await take(api.POST("/api/v1/agents/{id}/approve-plan", { params: { path: { id }, header } }));
}

/** Always by the route that lets a prompt wait: a key counts for one path, and whether the agent works may change between two tries. */
async function sendPrompt(id: string, { text, images, mode, carriesOut }: Prompt, tries: Tries): Promise<void> {
  const pictures = images.length === 0 ? {} : { images: images.map(({ data }) => ({ data })) };
  const header = { "Idempotency-Key": tries.keyFor({ text, mode, carriesOut }, images) };
  await take(api.POST("/v0/agents/{id}/followup", { params: { path: { id }, header }, body: { prompt: { text, ...pictures }, mode } }));
}
