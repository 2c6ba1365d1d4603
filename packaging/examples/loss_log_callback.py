# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes validation losses as JSON lines for `gridscope-cli monitor FILE --follow`, and ends the
training when the monitor has written its marker file.

    trainer.add_callback(LossLog("loss.jsonl", marker="converged.json"))
    # beside it: gridscope-cli monitor loss.jsonl --follow --marker converged.json
"""

import json
import os

from transformers import TrainerCallback


class LossLog(TrainerCallback):
    def __init__(self, path, marker=None):
        self.path = path
        self.marker = marker

    def on_evaluate(self, args, state, control, metrics=None, **kwargs):
        loss = (metrics or {}).get("eval_loss")
        if loss is None or not state.is_world_process_zero:
            return control
        # One write a line: a reader never sees two halves of different lines.
        with open(self.path, "a", encoding="utf-8") as log:
            log.write(json.dumps({"step": state.global_step, "eval_loss": float(loss)}) + "\n")
        if self.marker and os.path.exists(self.marker):
            control.should_training_stop = True
        return control
