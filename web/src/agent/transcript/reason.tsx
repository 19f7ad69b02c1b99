// Why a run ended as it did, where somebody said why.

import type { ReactNode } from "react";

import { causeWords } from "../../text/causes";
import { visible } from "../../text/visible";

export function Reason({ cause, message }: { cause: string | undefined; message: string | undefined }): ReactNode {
  const words = cause === undefined ? undefined : causeWords(cause);
  return (
    <>
      {words !== undefined && (
        <p>
          <strong>{words.what}.</strong> {words.help}
        </p>
      )}
      {message !== undefined && <pre className="message">{visible(message)}</pre>}
    </>
  );
}
