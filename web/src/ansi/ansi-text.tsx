// Terminal output on the page; what would hide in it or reorder it is marked, as it is in a diff.

import { memo, useMemo, type CSSProperties, type ReactNode } from "react";

import { visible } from "../text/visible";
import { pieces, type Piece } from "./ansi";

export const AnsiText = memo(function AnsiText({ text }: { text: string }): ReactNode {
  const found = useMemo(() => pieces(text), [text]);
  return found.map((piece, place) =>
    piece.className === "" && piece.foreground === undefined && piece.background === undefined ? (
      visible(piece.text)
    ) : (
      <span key={place} className={piece.className} style={styleOf(piece)}>
        {visible(piece.text)}
      </span>
    ),
  );
});

// React sets styles through the object model, which a policy without inline styles allows.
function styleOf(piece: Piece): CSSProperties | undefined {
  if (piece.foreground === undefined && piece.background === undefined) return undefined;
  return {
    ...(piece.foreground === undefined ? {} : { color: `rgb(${piece.foreground})` }),
    ...(piece.background === undefined ? {} : { backgroundColor: `rgb(${piece.background})` }),
  };
}
