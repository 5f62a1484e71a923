#include "base/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <memory>

namespace bourse::base {

Status start_log(const LogOptions& options) {
  if (std::find(kLogLevels.begin(), kLogLevels.end(), options.level) == kLogLevels.end()) {
    return {Errc::kBadRequest,
            fmt::format("log level '{}' is not one of {}", options.level, fmt::join(kLogLevels, ", "))};
  }
  std::shared_ptr<spdlog::logger> logger;
  try {
    spdlog::sink_ptr sink;
    if (options.file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
    }
    logger = std::make_shared<spdlog::logger>(options.program, std::move(sink));
  } catch (const spdlog::spdlog_ex& failure) {
    return {Errc::kUnavailable, fmt::format("cannot write the log: {}", failure.what())};
  }
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %n: %v", spdlog::pattern_time_type::utc);
  logger->set_level(spdlog::level::from_str(options.level));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
  return Done{};
}

}  // namespace bourse::base
