// A repository's address with completion from those that the server reaches.

import { useCombobox } from "downshift";
import { useId, useMemo, type ReactNode } from "react";

import { shortRepository, visible } from "../text/visible";

interface Props {
  label: string;
  hint: string | undefined;
  value: string;
  known: readonly string[];
  onChange: (value: string) => void;
}

const SHOWN_MOST = 50;

export function RepositoryField({ label, hint, value, known, onChange }: Props): ReactNode {
  const hintId = useId();
  const words = value.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const exact = known.includes(value);
  const items = useMemo(
    () => (exact ? known : known.filter((address) => words.every((word) => address.toLowerCase().includes(word)))).slice(0, SHOWN_MOST),
    [known, value],
  );
  const box = useCombobox<string>({
    items: [...items],
    inputValue: value,
    itemToString: (item) => item ?? "",
    selectedItem: exact ? value : null,
    onSelectedItemChange: ({ selectedItem }) => {
      if (selectedItem !== null && selectedItem !== undefined) onChange(selectedItem);
    },
  });
  const shown = box.isOpen && items.length > 0;
  return (
    <div className="field repository-field">
      <label {...box.getLabelProps()}>{label}</label>
      <div className="combobox">
        <input
          {...box.getInputProps({
            // Downshift's own handling is a frame late, which moves the caret.
            onChange: (event) => onChange((event.target as HTMLInputElement).value),
            onFocus: () => box.openMenu(),
            ...(hint === undefined ? {} : { "aria-describedby": hintId }),
          })}
          placeholder="https://git.example.com/acme/tools"
          spellCheck={false}
          autoComplete="off"
        />
        <ul {...box.getMenuProps()} className={shown ? "options" : "options closed"}>
          {shown &&
            items.map((item, index) => (
              <li key={item} {...box.getItemProps({ item, index })} className={index === box.highlightedIndex ? "option current" : "option"}>
                <strong>{shortRepository(item)}</strong> <span className="faint">{visible(item)}</span>
              </li>
            ))}
        </ul>
      </div>
      {hint !== undefined && (
        <p id={hintId} className="hint">
          {hint}
        </p>
      )}
    </div>
  );
}
