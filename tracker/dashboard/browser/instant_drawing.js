// Has bqplot draw at once. Even with a duration of 0 it draws by transitions of d3: each waits for a timer, searches the
// old and the new path for numbers between which it could move, and reads computed styles, which lays the page out.
// A step of a zoom has hundreds of them, which took four fifths of the time of its scripts.

/** @import {Chart} from "./types.d.ts" */

/** The methods of a transition that a selection lacks; without time that passes, they change nothing. */
const OF_TRANSITIONS = ["delay", "duration", "ease"];

let isDone = false; // for the d3 of bqplot, which all its views share

/**
 * Let each transition of a selection be the selection itself, once one of *charts* has a view.
 * @param {Chart[]} charts
 */
export async function drawAtOnce(charts) {
  if (isDone) return;
  for (const mark of charts.flatMap(({ series }) => series.flatMap(({ lines }) => lines))) {
    for (const view of Object.values(mark.views ?? {})) {
      const selection = Object.getPrototypeOf((await view).d3el);
      for (const name of ["transition", ...OF_TRANSITIONS]) selection[name] = itself;
      isDone = true;
      return;
    }
  }
}

/** @this {object} */
function itself() {
  return this;
}
