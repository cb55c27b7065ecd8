#include "emulator/live/response_stream.h"

namespace lambdarium::live {

void StreamWriter::start(int status, HeaderList headers) {
  started_ = true;
  responder_.start(status, std::move(headers));
  responder_.on_close([state = state_] {
    state->gone = true;
    state->go_on();
  });
}

bool StreamWriter::write(std::string_view piece) {
  if (responder_.write(piece) || state_->gone) return true;
  responder_.on_drain([state = state_] { state->go_on(); });
  return false;
}

}  // namespace lambdarium::live
