// Keeps a fault of one part from taking the page with it.

import { Component, type ReactNode } from "react";

import { wordsOf } from "../api/error";

interface Props {
  /** A new one tries again. */
  place: string;
  children: ReactNode;
}

interface State {
  error: unknown;
  place: string;
}

export class StopOnError extends Component<Props, State> {
  override state: State = { error: undefined, place: this.props.place };

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { error };
  }

  static getDerivedStateFromProps(props: Props, state: State): Partial<State> | null {
    return props.place === state.place ? null : { error: undefined, place: props.place };
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
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
