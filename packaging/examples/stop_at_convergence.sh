#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Trains in pieces and stops at FP32 convergence. train_piece stands for your own command, which
# trains on from its last checkpoint for some steps and appends its validation loss to the log:
#   {"step": 12000, "eval_loss": 3.412}
set -u
log=${1:?usage: stop_at_convergence.sh LOG.jsonl}

while train_piece; do
    gridscope-cli monitor "$log" --min-steps 5000 --keep-best kept
    case $? in
    0) ;;                                        # still improving, or a plateau
    10) echo "converged; the best checkpoint, where it was found, is in kept/"; exit 0 ;;
    11) echo "diverging; look at the learning rate"; exit 1 ;;
    *) echo "the log could not be read"; exit 2 ;;
    esac
done
