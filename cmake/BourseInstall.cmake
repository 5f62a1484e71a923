# What `cmake --install` puts where, in three components, which are the Debian packages as well (BoursePackages.cmake):
# `cli` (bourse), `agent` (bourse-agent), `service` (boursed). A volunteer does not want the server, nor a consumer either.

set(BOURSE_OPS "${CMAKE_SOURCE_DIR}/ops")
set(BOURSE_DOC "${CMAKE_INSTALL_DATADIR}/doc")
set(BOURSE_MAN "${CMAKE_INSTALL_MANDIR}")
set(BOURSE_SHARE "${CMAKE_INSTALL_DATADIR}/bourse")
# The programs read /etc/bourse wherever they are installed; systemd reads below lib of /usr and of /usr/local.
set(BOURSE_ETC "/etc/bourse")
set(BOURSE_UNITS "lib/systemd/system")

# bourse_install_text(COMPONENT DESTINATION FILE…): text that names programs and data below /usr; under another prefix it
# names those there, and the prefix is only known when installing. A destination that ends in .gz is a file, compressed.
function(bourse_install_text component destination)
  foreach(file ${ARGN})
    cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY "${BOURSE_OPS}")
    install(CODE "set(BOURSE_FROM \"${file}\")\nset(BOURSE_TO \"${destination}\")
set(BOURSE_SCRATCH \"${CMAKE_BINARY_DIR}/packaging/${component}\")
include(\"${CMAKE_SOURCE_DIR}/cmake/InstallText.cmake\")" COMPONENT ${component})
  endforeach()
endfunction()

function(bourse_install_files component destination)
  install(FILES ${ARGN} DESTINATION "${destination}" COMPONENT ${component})
endfunction()

install(TARGETS bourse RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT cli)
install(TARGETS bourse-agent RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT agent)
install(TARGETS boursed RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT service)

bourse_install_text(cli "${BOURSE_ETC}" packaging/etc/bourse.toml)
bourse_install_text(agent "${BOURSE_ETC}" packaging/etc/agent.toml)
bourse_install_text(service "${BOURSE_ETC}" packaging/etc/boursed.toml)

bourse_install_text(agent "${BOURSE_UNITS}" systemd/bourse-agent.service)
bourse_install_text(service "${BOURSE_UNITS}"
  systemd/boursed.service systemd/boursed-maintain.service systemd/boursed-maintain.timer)
foreach(kind sysusers.d tmpfiles.d)
  bourse_install_files(agent "lib/${kind}" "${BOURSE_OPS}/${kind}/bourse-agent.conf")
  bourse_install_files(service "lib/${kind}" "${BOURSE_OPS}/${kind}/boursed.conf")
endforeach()

bourse_install_text(cli "${BOURSE_MAN}/man1/bourse.1.gz" packaging/man/bourse.1)
bourse_install_text(agent "${BOURSE_MAN}/man1/bourse-agent.1.gz" packaging/man/bourse-agent.1)
bourse_install_text(service "${BOURSE_MAN}/man8/boursed.8.gz" packaging/man/boursed.8)

# What speaks the protocol needs it described; the database's own description is the server's.
bourse_install_files(cli "${BOURSE_SHARE}/schema" "${CMAKE_SOURCE_DIR}/proto/market.xsd")
install(DIRECTORY "${CMAKE_SOURCE_DIR}/proto/examples/valid/" DESTINATION "${BOURSE_SHARE}/examples" COMPONENT cli
  FILES_MATCHING PATTERN "*.xml")
install(DIRECTORY "${CMAKE_SOURCE_DIR}/migrations" DESTINATION "${BOURSE_SHARE}" COMPONENT service
  FILES_MATCHING PATTERN "*.sql")
bourse_install_files(service "${BOURSE_SHARE}/schema" "${CMAKE_SOURCE_DIR}/schema/schema.sql")

bourse_install_files(service "${BOURSE_DOC}/boursed" "${BOURSE_OPS}/runbook.md" "${BOURSE_OPS}/hardening.md")
bourse_install_files(service "${BOURSE_DOC}/boursed/examples"
  "${BOURSE_OPS}/prosody/bourse.cfg.lua" "${BOURSE_OPS}/ejabberd/bourse.yml" "${BOURSE_OPS}/postgresql/roles.sql")
bourse_install_files(agent "${BOURSE_DOC}/bourse-agent/examples"
  "${BOURSE_OPS}/packaging/hand-over/bourse-job.path" "${BOURSE_OPS}/packaging/hand-over/bourse-job.service")
install(PROGRAMS "${BOURSE_OPS}/packaging/hand-over/hand-over" DESTINATION "${BOURSE_DOC}/bourse-agent/examples"
  COMPONENT agent)

# Printed by the program that was built.
foreach(completion bash:bash-completion/completions/bourse zsh:zsh/vendor-completions/_bourse
        fish:fish/vendor_completions.d/bourse.fish)
  string(REGEX MATCH "^([a-z]+):(.*)/([^/]*)$" ignored "${completion}")
  set(place "${CMAKE_MATCH_2}/${CMAKE_MATCH_3}")
  install(CODE "
    file(MAKE_DIRECTORY \"${CMAKE_BINARY_DIR}/packaging/completions\")
    execute_process(COMMAND \"${CMAKE_BINARY_DIR}/bin/bourse\" completion ${CMAKE_MATCH_1}
      OUTPUT_FILE \"${CMAKE_BINARY_DIR}/packaging/completions/${CMAKE_MATCH_3}\" COMMAND_ERROR_IS_FATAL ANY)
    file(INSTALL \"${CMAKE_BINARY_DIR}/packaging/completions/${CMAKE_MATCH_3}\"
      DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}/${CMAKE_MATCH_2}\")" COMPONENT cli)
endforeach()

# Licence and history, once a package as Debian's policy wants it.
foreach(package cli:bourse agent:bourse-agent service:boursed)
  string(REGEX MATCH "^([a-z]+):(.*)$" ignored "${package}")
  bourse_install_files(${CMAKE_MATCH_1} "${BOURSE_DOC}/${CMAKE_MATCH_2}" "${BOURSE_OPS}/packaging/copyright")
  bourse_install_text(${CMAKE_MATCH_1} "${BOURSE_DOC}/${CMAKE_MATCH_2}/changelog.gz" "${CMAKE_SOURCE_DIR}/CHANGELOG.md")
endforeach()
