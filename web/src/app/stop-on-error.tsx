// Keeps a fault of one part from taking the page with it.

import { Component, type ReactNode } from "react";

import { wordsOf } from "../api/error";

interface Props {
  /** A new one tries again. */
  place: string;
  /** What is shown instead; words about the fault if nothing is given. */
  instead?: ReactNode;
  children: ReactNode;
}

interface State {
  isBroken: boolean;
  error: unknown;
  place: string;
}

export class StopOnError extends Component<Props, State> {
  override state: State = { isBroken: false, error: undefined, place: this.props.place };

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { isBroken: true, error };
  }

  static getDerivedStateFromProps(props: Props, state: State): Partial<State> | null {
    return props.place === state.place ? null : { isBroken: false, error: undefined, place: props.place };
  }

  override render(): ReactNode {
    if (!this.state.isBroken) return this.props.children;
    if (this.props.instead !== undefined) return this.props.instead;
    return (
      <div role="alert" className="failure">
        <p>This part of the page failed: {wordsOf(this.state.error)}. The agents are not affected.</p>
        <button type="button" onClick={() => location.reload()}>
          Load the page again
        </button>
      </div>
    );
  }
}
