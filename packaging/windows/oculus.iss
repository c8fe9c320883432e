; The installer for Windows, made by Inno Setup 6 from dist\oculus:   iscc /DVersion=0.1.0 packaging\windows\oculus.iss
; Written with care; never run so far. It installs for one person and asks for no administrator.
#ifndef Version
  #error Say which version: iscc /DVersion=1.2.3 oculus.iss
#endif

[Setup]
; Never change the AppId: it is how a newer version finds the older one.
AppId={{6B0B6B5E-3B0C-4E0B-9C57-0D5D6C1F0C55}
AppName=Oculus
AppVersion={#Version}
AppPublisher=Oculus
VersionInfoVersion={#Version}
DefaultDirName={localappdata}\Programs\Oculus
DefaultGroupName=Oculus
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
LicenseFile=..\..\LICENSE
SetupIconFile=..\..\assets\icons\oculus.ico
UninstallDisplayIcon={app}\oculus-desktop.exe
OutputDir=..\..\dist
OutputBaseFilename=oculus-{#Version}-windows-x64
Compression=lzma2/ultra64
SolidCompression=yes
WizardStyle=modern
; A running copy is asked to end, so that it stores what it has, and is started again afterwards.
CloseApplications=yes
RestartApplications=yes

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"

[Tasks]
Name: "path"; Description: "Find the command oculus in every terminal"
Name: "login"; Description: "Start Oculus at login"; Flags: unchecked

[InstallDelete]
; Libraries of an older version would be found before the new ones.
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "..\..\dist\oculus\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion

[Icons]
Name: "{group}\Oculus"; Filename: "{app}\oculus-desktop.exe"; AppUserModelID: "oculus-monitor.oculus"

[Registry]
; The same value that the icon's menu switches.
Root: HKCU; Subkey: "Software\Microsoft\Windows\CurrentVersion\Run"; ValueType: string; ValueName: "Oculus"; \
  ValueData: """{app}\oculus-desktop.exe"" --hidden"; Tasks: login; Flags: uninsdeletevalue
Root: HKCU; Subkey: "Environment"; ValueType: expandsz; ValueName: "Path"; ValueData: "{olddata};{app}"; \
  Tasks: path; Check: NotOnPath

[Run]
Filename: "{app}\oculus-desktop.exe"; Description: "Start Oculus"; Flags: nowait postinstall skipifsilent

[Code]
function NotOnPath: Boolean;
var
  Path: String;
begin
  if not RegQueryStringValue(HKCU, 'Environment', 'Path', Path) then
    Path := '';
  Result := Pos(';' + Uppercase(ExpandConstant('{app}')) + ';', ';' + Uppercase(Path) + ';') = 0;
end;

procedure LeavePath;
var
  Path, Own: String;
  Start: Integer;
begin
  if not RegQueryStringValue(HKCU, 'Environment', 'Path', Path) then
    exit;
  Own := ';' + ExpandConstant('{app}');
  Start := Pos(Uppercase(Own) + ';', Uppercase(Path) + ';');
  if Start > 0 then
  begin
    Delete(Path, Start, Length(Own));
    RegWriteExpandStringValue(HKCU, 'Environment', 'Path', Path);
  end;
end;

procedure CurUninstallStepChanged(Step: TUninstallStep);
begin
  // Settings and what was collected stay: they are the person's.
  if Step = usUninstall then
    LeavePath;
end;
