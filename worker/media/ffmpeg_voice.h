// What FFmpeg itself has to say, in whole lines.

#pragma once

#include <functional>
#include <string>

namespace weft::media {

enum class Concern { kWarning, kError };

// `hear` hears FFmpeg's warnings and errors from now on, one line at a time and without its end, on
// whichever thread FFmpeg works; empty: nobody does. Replaces whoever heard before: FFmpeg has one
// listener in a process.
void HearFfmpeg(std::function<void(Concern concern, const std::string& line)> hear);

}  // namespace weft::media
