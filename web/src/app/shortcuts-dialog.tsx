// Tells of the page's keys, and turns them off.

import { useState, type ReactNode } from "react";

import { Dialog } from "../ui/dialog";
import { areShortcutsOn, SHORTCUTS, turnShortcuts } from "./shortcuts";

export function ShortcutsDialog({ onClose }: { onClose: () => void }): ReactNode {
  const [on, setOn] = useState(areShortcutsOn);
  const turn = (to: boolean) => {
    turnShortcuts(to ? "on" : "off");
    setOn(to);
  };
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl className="facts keys">
        {SHORTCUTS.map(({ keys, what }) => (
          <div key={keys}>
            <dt>{what}</dt>
            <dd>
              {keys.split(/ {2,}/).map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      <label className="check">
        <input type="checkbox" checked={on} onChange={(event) => turn(event.target.checked)} /> Single keys do something
      </label>
      <div className="actions">
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
