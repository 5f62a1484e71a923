// Purpose: a picture into a file, as SVG or, by way of rsvg-convert, as PNG.
// Threads: the session's thread.
#pragma once

#include <string>

#include "base/result.h"

namespace bourse::cli {

// kUnavailable: the file cannot be written.
[[nodiscard]] base::Status write_svg(const std::string& file, const std::string& svg);
// kUnavailable: no rsvg-convert on this machine (it names the package), or it failed.
[[nodiscard]] base::Status write_png(const std::string& file, const std::string& svg);

}  // namespace bourse::cli
