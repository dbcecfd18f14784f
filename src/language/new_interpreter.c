/* SPDX-License-Identifier: MIT */
/* An interpreter with what is hooked into it. This alone knows both: the interpreter calls whatever
 * hook it was made with, and predict, like any command, is written on top of the interpreter. */
#include "language/predict.h"

hs_interpreter *hs_interpreter_new(hs_session *session, const hs_listener *listener)
{
    return hs_interpreter_with(session, listener, &hs_predict_hook);
}
